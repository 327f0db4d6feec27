"""What sources share that ask a service over its REST interface; no source by itself.

A service's site and login, what is remembered of it between two passes, which errors concern all
of it, the files on its pages, and its pages' HTML.
"""
