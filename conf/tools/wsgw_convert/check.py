"""`nginx -t` of what was made, in a folder that is removed again."""

import os
import re
import shutil
import subprocess
import tempfile

MODULE = 'ngx_http_wsgw_module.so'


def find_nginx():
    named = os.environ.get('NGINX_BINARY')

    if named is not None:
        return shutil.which(named) if named else None

    return shutil.which('nginx', path=os.environ.get('PATH', '')
                        + ':/usr/sbin:/usr/local/sbin')


def find_module(nginx, top):
    """MODULE, that of the tree, or that of nginx's own folder."""

    named = os.environ.get('MODULE')

    if named:
        return os.path.realpath(named) if os.path.exists(named) else None

    found = [os.path.join(top, '..', 'build', MODULE),
             os.path.join(own_modules(nginx), MODULE)]

    return next((os.path.realpath(path) for path in found
                 if os.path.exists(path)), None)


def own_modules(nginx):
    try:
        said = subprocess.run([nginx, '-V'], capture_output=True, text=True,
                              check=False).stderr
    except OSError:
        return ''

    match = re.search(r'--modules-path=(\S+)', said)

    return os.path.realpath(match.group(1)) if match else ''


def other_modules(top):
    """Where the module is, if it is not among nginx's own."""

    nginx = find_nginx()
    module = nginx and find_module(nginx, top)

    return os.path.dirname(module) if module \
        and os.path.dirname(module) != own_modules(nginx) else ''


def fill(folder, module, errors):
    """What nginx.conf names of a prefix."""

    for name in ('modules', 'logs', 'aws'):
        os.makedirs(os.path.join(folder, name), exist_ok=True)

    link = os.path.join(folder, 'modules', MODULE)

    if not os.path.lexists(link):
        os.symlink(module, link)

    if errors:
        with open(os.path.join(folder, 'aws', 'errors.conf'), 'w',
                  encoding='utf-8') as file:
            file.write(errors)


PATHS = 'pid nginx.pid;\n'
TEMPORARY = ''.join(f'    {of}_temp_path {of};\n' for of in (
    'client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))


def at_home(conf):
    """Nothing of it is in a folder that only root may write to."""

    return PATHS + conf.replace('\nhttp {\n', f'\nhttp {{\n{TEMPORARY}', 1)


def run(files, top, errors, keys_from):
    """(whether it passed, what nginx said), or None where it is not there."""

    nginx = find_nginx()
    module = nginx and find_module(nginx, top)

    if not module:
        return None

    folder = tempfile.mkdtemp(prefix='wsgw-convert.')

    try:
        fill(folder, module, errors)

        with open(os.path.join(folder, 'nginx.conf'), 'w',
                  encoding='utf-8') as file:
            file.write(at_home(files.conf))

        if files.keys:
            with open(os.path.join(folder, 'api.keys'), 'w',
                      encoding='utf-8') as file:
                file.write(files.keys)

        if keys_from and not os.path.isabs(keys_from) \
                and '..' not in keys_from.split('/'):
            link = os.path.join(folder, keys_from)
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(os.path.abspath(keys_from), link)

        done = subprocess.run(
            [nginx, '-e', 'stderr', '-p', folder, '-c', 'nginx.conf', '-t'],
            capture_output=True, text=True, check=False, errors='replace')
    finally:
        shutil.rmtree(folder, ignore_errors=True)

    said = [line for line in done.stderr.splitlines()
            if not re.search(r'(syntax is ok|test is successful)$', line)]

    return done.returncode == 0, '\n'.join(said).replace(folder + '/', '')
