"""What the sources of chats share; no source by itself (its name begins with `_`).

A thread is one document: the question, then what was said to it, in the order in which it was
said. What stands in a channel without a thread is one document for each conversation: messages
that follow each other within minutes.
"""
