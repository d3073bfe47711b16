"""wsgw-convert: the command line."""

import argparse
import os
import re
import sys

from . import check, files as folder_files, listing, runbook, serverless, \
    template, terraform
from .assemble import assemble
from .model import Findings, Undecided, Usage
from .quote import Unquotable, word
from .source import List, Map, SourceError, clean, read
from .writer import Options, Writer

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__))))           # conf/, or what is installed of it

ADDRESS = re.compile(r'(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]{2,45}\]):\d{1,5}'
                     r'\Z')


class Result:
    def __init__(self, api, source, files, findings, options):
        self.api = api
        self.source = source
        self.files = files
        self.findings = findings
        self.options = options

    def runbook(self):
        return runbook.write(self.api, self.source, self.options, self.files,
                             self.findings, check.other_modules(TOP))


def parser():
    made = argparse.ArgumentParser(
        prog='wsgw-convert', allow_abbrev=False,
        description='Makes an nginx.conf for wsgw of a WebSocket API of Amazon '
        'API Gateway. FILE is a template of SAM, CloudFormation or CDK, a '
        'serverless.yml, what "terraform show -json" prints, or what "aws '
        'apigatewayv2 get-apis", "get-routes", "get-integrations" and '
        '"get-stages" print, in one file or several.',
        epilog='Exit status: 0 all is converted, 2 something is not, 1 nothing '
        'can be done.')

    made.add_argument('file', nargs='+', metavar='FILE')
    made.add_argument('--api', metavar='NAME', help='which one of several')
    made.add_argument('--stage', metavar='S', help='this one alone')
    runs = made.add_mutually_exclusive_group()
    runs.add_argument('--lambda', metavar='HOST:PORT', dest='functions',
                      help='where functions are called')
    runs.add_argument('--per-function', action='store_true',
                      help='a port for each function, from 9001 on')
    made.add_argument('--listen', metavar='P', default='127.0.0.1:8080',
                      help='port, or address:port, of clients; @connections '
                      'is at the next port of this host (127.0.0.1:8080)')
    made.add_argument('--parameter', metavar='K=V', action='append',
                      default=[], help='a parameter of the template, or what '
                      'AWS alone knows: RESOURCE.ATTRIBUTE=VALUE')
    made.add_argument('--keys', metavar='FILE', help='access keys that may '
                      'connect, for AWS_IAM: KEY:SECRET a line')
    made.add_argument('--strict', action='store_true',
                      help='write nothing unless all is converted')
    made.add_argument('-o', metavar='DIR', dest='folder',
                      help='where nginx.conf and RUN.md go; else nginx.conf '
                      'is printed')

    return made


def options_of(arguments):
    """What is said on the command line, checked; see Options."""

    match = re.match(r'(?:(.*):)?(\d{1,5})\Z', arguments.listen)

    if not match or not 0 < int(match.group(2)) < 65535 \
            or match.group(1) and not ADDRESS.match(arguments.listen):
        raise Usage(f'--listen {clean(arguments.listen)} is no port and no '
                    'ADDRESS:PORT')

    if arguments.functions and not ADDRESS.match(arguments.functions):
        raise Usage(f'--lambda {clean(arguments.functions)} is no HOST:PORT')

    if arguments.keys:
        try:
            word(arguments.keys)
        except Unquotable as error:
            raise Usage(f'--keys {clean(arguments.keys)} {error}') from None

    return Options(
        listen=arguments.listen, per_function=arguments.per_function,
        back=f'127.0.0.1:{int(match.group(2)) + 1}',
        lambda_address=arguments.functions or '', keys=arguments.keys or '',
        input=os.path.basename(arguments.file[0]))


def given_of(arguments):
    given = {}

    for parameter in arguments.parameter:
        name, equals, value = parameter.partition('=')

        if not name or not equals:
            raise Usage(f'--parameter {clean(parameter)} is no NAME=VALUE')

        given[name] = value

    return given


# what is read of an input that is a program

PROGRAMS = {
    '.ts': '; of a program the template is read that it makes, as '
           '"serverless package" or "cdk synth" do',
    '.tf': '; of Terraform it is "terraform show -json"',
}
PROGRAMS['.js'] = PROGRAMS['.py'] = PROGRAMS['.ts']


MADE = ('of Terraform it is "terraform show -json", of CDK '
        'cdk.out/STACK.template.json, of a serverless.ts the template in '
        '.serverless/')


def read_source(documents, given, stage, findings, folder):
    """The kind of an input is told by what is in it."""

    if len(documents) == 1 and isinstance(documents[0], List):
        documents = list(documents[0])              # jq -s

    first = documents[0] if documents else None

    if isinstance(first, Map) and 'TemplateBody' in first:
        body = first['TemplateBody']            # aws cloudformation get-template
        documents = [body] if isinstance(body, Map) \
            else read(str(body).encode(), 'TemplateBody')
        first = documents[0] if documents else None

    if len(documents) > 1 and not any(map(listing.is_listing, documents)):
        raise Usage('there are several documents, of which only answers of the '
                    'AWS CLI are read together; convert each alone, or write '
                    'one with all of it')

    if template.is_template(first):
        return template.read(first, given, findings)

    if serverless.is_serverless(first):
        return serverless.read(first, given, stage, findings, folder)

    if terraform.is_terraform(first):
        return terraform.read(first, findings)

    if any(map(listing.is_listing, documents)):
        return listing.read(documents, findings)

    if isinstance(first, Map) and ('openapi' in first or 'swagger' in first):
        raise Usage('is OpenAPI, which cannot say what a WebSocket API is; '
                    '"aws apigatewayv2 get-api", "get-routes" and others do')

    if isinstance(first, Map):
        has = ', '.join(f'"{clean(key)}"' for key in list(first)[:6])
        raise Usage(f'is no kind of input that is known; it has {has}; {MADE}')

    raise Usage(f'is no kind of input that is known; {MADE}')


def convert(inputs, folder, options, given=None, api=None, stage=None):
    """inputs: texts as bytes. A Result, or Usage or SourceError."""

    findings = Findings()
    given = given or {}
    documents = [document for data in inputs for document in read(data)
                 if document is not None]

    try:
        source = read_source(documents, given, stage, findings,
                             os.path.realpath(folder))
    except Undecided as error:              # all of it depends on this
        instead = f'; {error.instead}' if error.instead else ''
        raise SourceError(error.line, error.what + instead) from None

    options.lambda_address = options.lambda_address or source.lambda_address

    try:
        made = assemble(source, findings, api=api, stage=stage,
                        keys=options.keys)
    except Usage as error:
        # it may have been in what could not be read
        told = '; '.join(map(str, findings.refusals[:3]))
        raise Usage(f'{error}; not converted: {told}' if told
                    else str(error)) from None

    files = Writer(made, options).write()

    return Result(made, source, files, findings, options)


def errors_conf():
    try:
        with open(os.path.join(TOP, 'aws', 'errors.conf'),
                  encoding='utf-8') as file:
            return file.read()
    except OSError as error:
        raise Usage(f'aws/errors.conf: {error.strerror}') from None


def load(names):
    inputs = []

    for name in names:
        try:
            with open(name, 'rb') as file:
                inputs.append(file.read())
        except OSError as error:
            raise Usage(error.strerror if name == names[0] else
                        f'{clean(name)}: {error.strerror}') from None

    return inputs


def main(argv=None):
    arguments = parser().parse_args(argv)

    try:
        return run(arguments)
    except Usage as error:
        print(f'wsgw-convert: {clean(arguments.file[0])}: {error}',
              file=sys.stderr)
    except SourceError as error:
        name = arguments.file[0]
        at = f':{error.line}' if error.line else ''
        print(f'wsgw-convert: {clean(name)}{at}: {error}'
              + PROGRAMS.get(os.path.splitext(name)[1], ''), file=sys.stderr)

    return 1


def run(arguments):
    options = options_of(arguments)
    given = given_of(arguments)
    result = convert(load(arguments.file),
                     os.path.dirname(os.path.abspath(arguments.file[0])),
                     options, given, arguments.api, arguments.stage)
    refusals = result.findings.refusals

    for refusal in refusals:
        print(f'{clean(arguments.file[0])}: not converted: {refusal}',
              file=sys.stderr)

        if refusal.shown:
            for line in refusal.shown.split('\n'):
                print(('    ' + clean(line, 500)).rstrip(), file=sys.stderr)

    if refusals and arguments.strict:
        print('wsgw-convert: nothing is written (--strict)', file=sys.stderr)
        return 2

    errors = errors_conf()

    if arguments.folder is None:
        sys.stdout.write(result.files.conf)
    else:
        save(result, arguments.folder, errors)

        if not checked(result, arguments, errors):
            return 1

    return 2 if refusals else 0


def save(result, name, errors):
    folder = folder_files.prepare(name)

    folder_files.write(folder, 'nginx.conf', result.files.conf)
    folder_files.write(folder, 'RUN.md', result.runbook())
    folder_files.write(folder, 'aws/errors.conf', errors)

    if result.files.keys:
        folder_files.write(folder, 'api.keys', result.files.keys, 0o600)


def checked(result, arguments, errors):
    done = check.run(result.files, TOP, errors, arguments.keys)

    if done is None:
        print('wsgw-convert: no nginx or no module here, so nginx -t is for '
              'later', file=sys.stderr)
        return True

    passed, said = done

    if said:
        print(said, file=sys.stderr)

    if not passed:
        print('wsgw-convert: nginx -t fails', file=sys.stderr)

    return passed
