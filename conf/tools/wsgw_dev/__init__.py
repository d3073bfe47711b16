"""Runs the WebSocket API of a project on this machine: nginx with what
wsgw_convert makes of its template, its functions, a console in the browser.

command.py starts and ends all of it; gateway.py is nginx, functions.py the
handlers (worker.js and worker.py run them), front.py what both ask, console.html
the page.
"""
