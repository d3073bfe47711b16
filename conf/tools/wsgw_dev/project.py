"""What describes the API in a folder, and where its code is."""

import glob
import os

from wsgw_convert.model import Usage
from wsgw_convert.source import clean

# in the order in which they are looked for

NAMES = ('serverless.yml', 'serverless.yaml', 'serverless.json',
         'template.yaml', 'template.yml', 'template.json',
         'cdk.out/*.template.json',
         '.serverless/cloudformation-template-update-stack.json',
         'terraform.json', 'api.json')

# what makes one of a program

MAKERS = {
    'serverless.ts': 'serverless package',
    'serverless.js': 'serverless package',
    'cdk.json': 'cdk synth',
    '*.tf': 'terraform show -json > terraform.json',
}


class Project:
    def __init__(self, place):
        if os.path.isdir(place):
            self.folder = os.path.realpath(place)
            self.input = find(self.folder, place)
        elif os.path.exists(place):
            self.input = os.path.realpath(place)
            self.folder = os.path.dirname(self.input)
        else:
            raise Usage(f'{clean(place)} is not there')

        self.name = clean(os.path.relpath(self.input))

        # what a template's CodeUri is seen from
        self.base = os.path.dirname(self.input)

        if os.path.basename(self.base) in ('.serverless',):
            self.base = os.path.dirname(self.base)

    def read(self):
        try:
            with open(self.input, 'rb') as file:
                return file.read()
        except OSError as error:
            raise Usage(error.strerror) from None

    def watched(self):
        """The template, and of Serverless the files that it may name."""

        found = [self.input]

        if os.path.basename(self.input).startswith('serverless.'):
            for kind in ('yml', 'yaml', 'json'):
                found += glob.glob(os.path.join(glob.escape(self.folder),
                                                f'*.{kind}'))

            found += glob.glob(os.path.join(glob.escape(self.folder), '.env*'))

        return found


def find(folder, place):
    for name in NAMES:
        found = sorted(glob.glob(os.path.join(glob.escape(folder), name)))

        # of the stacks of an application one has the API

        if len(found) > 1:
            found = [path for path in found if has_api(path)] or found

        if len(found) > 1:
            raise Usage(f'there are several templates in {clean(place)}; '
                        'name one: ' + ', '.join(
                            clean(os.path.relpath(path)) for path in found))

        if found:
            return found[0]

    for name, command in MAKERS.items():
        found = sorted(glob.glob(os.path.join(glob.escape(folder), name)))

        if found:
            raise Usage(f'of {clean(os.path.basename(found[0]))} what '
                        f'"{command}" makes is read; run that first')

    raise Usage(f'there is no template in {clean(place)}: none of '
                + ', '.join(NAMES) + '. Name a file: wsgw-dev FILE')


def has_api(path):
    try:
        with open(path, 'rb') as file:
            return b'WEBSOCKET' in file.read()
    except OSError:
        return False


def stamps(paths):
    """When each was written, for what is not there None."""

    found = {}

    for path in paths:
        try:
            of = os.stat(path)
            found[path] = (of.st_mtime_ns, of.st_size, of.st_ino)
        except OSError:
            found[path] = None

    return found
