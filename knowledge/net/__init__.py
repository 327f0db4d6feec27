"""The network as sources use it: which addresses may be reached, and asking politely.

`client.Client` asks and gives an `answers.Answer`, or raises one of `errors`: each says what,
where and what to do. `guard.Guard` decides at each connection whether an address may be reached.
A service's own client library is given `adapters.transport(client)` (httpx) or
`adapters.session(client)` (requests), so that it has the same manners. Time and names are
injected (`Outside`), so that tests wait for nothing.
"""
