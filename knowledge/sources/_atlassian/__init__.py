"""What the sources of Atlassian's services share; no source by itself (its name begins with `_`).

They ask the documented REST interfaces by our own client. Of the two kept libraries, `jira` makes
its own session and waits by itself, without a place to give ours; `atlassian-python-api` answers
None for a body that broke off or is no JSON, so that half a list would pass for its end, and what
was not listed would be forgotten.
"""
