"""Reads what describes a WebSocket API of Amazon API Gateway, writes nginx.conf.

An input is text; source.py makes a tree of it that knows its lines. A reader
(template.py, serverless.py, terraform.py, listing.py) makes AWS's own kinds of
records of it, assemble.py one API of these, and writer.py nginx.conf of that.
"""
