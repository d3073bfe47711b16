"""What `terraform show -json` prints, of a state or of a plan.

A state has every id. In a plan the ids of what is not there yet are unknown:
what refers to them is found in the configuration, and the address of a
resource stands for its id.
"""

import os.path
import re

from .model import Function, Record, Source, Undecided, region_of
from .source import List, Map, as_list, as_map, clean, text, truth
from .template import environment, seconds

KINDS = {
    'aws_apigatewayv2_api': 'Api',
    'aws_apigatewayv2_route': 'Route',
    'aws_apigatewayv2_integration': 'Integration',
    'aws_apigatewayv2_stage': 'Stage',
    'aws_apigatewayv2_authorizer': 'Authorizer',
    'aws_apigatewayv2_route_response': 'RouteResponse',
    'aws_apigatewayv2_integration_response': 'IntegrationResponse',
    'aws_apigatewayv2_api_mapping': 'ApiMapping',
    'aws_api_gateway_api_key': 'ApiKey',
}

NAMES = {
    'timeout_milliseconds': 'TimeoutInMillis',
    'identity_sources': 'IdentitySource',
}

# what is known only once it is there, and what it then names

TARGETS = {
    'api_id': 'aws_apigatewayv2_api',
    'target': 'aws_apigatewayv2_integration',
    'integration_id': 'aws_apigatewayv2_integration',
    'route_id': 'aws_apigatewayv2_route',
    'authorizer_id': 'aws_apigatewayv2_authorizer',
    'integration_uri': 'aws_lambda_function',
    'authorizer_uri': 'aws_lambda_function',
}
MAX_DEPTH = 20
PART = re.compile(r'([^.\[\]]+)(?:\[("(?:[^"\\]|\\.)*"|[^\]]*)\])?')


class Unknown(Map):
    """What a plan does not tell."""


def is_terraform(document):
    return (isinstance(document, Map) and 'format_version' in document
            and ('values' in document or 'planned_values' in document))


def read(document, findings):
    source = Source('terraform')
    planned = as_map(document.get('planned_values')
                     if 'planned_values' in document
                     else document.get('values'))
    resources = list(modules(as_map(planned.get('root_module'))))
    references = References(document, resources)
    before = as_map(as_map(document.get('prior_state')).get('values'))
    archives = dict(map(archive, [
        *modules(as_map(before.get('root_module'))), *resources]))
    source.region = region_of(as_map(of.get('values')).get('arn')
                              for of in resources)
    unknown = {str(as_map(of).get('address')):
               as_map(as_map(as_map(of).get('change')).get('after_unknown'))
               for of in as_list(document.get('resource_changes'))}

    for resource in resources:
        kind = str(resource.get('type', ''))

        if str(resource.get('mode', 'managed')) != 'managed':
            continue

        later = unknown.get(str(resource.get('address')), Map())

        if kind in KINDS:
            add(source, KINDS[kind], resource, references, later)
        elif kind == 'aws_lambda_function':
            source.functions.append(function(resource, archives, later))

    return source


def archive(resource):
    """An archive_file's path, and the folder that is in it."""

    values = as_map(resource.get('values'))
    folder = values.get('source_dir') \
        or os.path.dirname(str(values.get('source_file') or ''))

    if resource.get('type') != 'archive_file' or not folder:
        return '', ''

    return os.path.normpath(str(values.get('output_path'))), str(folder)


def modules(module, depth=0):
    for resource in as_list(module.get('resources')):
        if isinstance(resource, Map):
            yield resource

    if depth < MAX_DEPTH:
        for child in as_list(module.get('child_modules')):
            yield from modules(as_map(child), depth + 1)


def add(source, kind, resource, references, later):
    values = Map(as_map(resource.get('values')))
    address = str(resource.get('address', ''))
    props = Map()

    for name in TARGETS:
        if not isinstance(values.get(name), str):
            found = references.of(resource, name)

            if found:
                values[text(name, resource.line)] = text(found, resource.line)

            elif found == '' and name != 'api_id':
                values[text(name, resource.line)] = Unknown(
                    of='its ' + pascal(kind, name))

    for name, is_later in later.items():
        if name not in TARGETS and isinstance(is_later, str) \
                and truth(is_later):
            values[name] = Unknown(of='its ' + pascal(kind, name))

    for name, value in values.items():
        props[text(pascal(kind, name), name.line)] = block(value)

    id = values.get('id')
    name = f'{kind} "{clean(address)}"'

    source.records.append(Record(kind, id if isinstance(id, str) else address,
                                 props, resource.line, known, name))


def known(value):
    if isinstance(value, Unknown):
        raise Undecided(0, f'{value["of"]} is known once the plan is applied',
                        'convert the state: terraform show -json')

    return value


def pascal(kind, name):
    if kind == 'Stage' and name == 'name':
        return 'StageName'

    return NAMES.get(name) or ''.join(part.capitalize()
                                      for part in name.split('_'))


def block(value):
    """A block is a list of maps, with names of terraform's own."""

    if isinstance(value, List) and value \
            and all(isinstance(part, Map) for part in value):
        made = List()
        made.line = value.line

        for part in value:
            inner = Map((text(pascal('', name), name.line), member)
                        for name, member in part.items())
            inner.line = part.line
            made.append(inner)

        return made

    return value


class Address:
    """module.a["k"].module.b.TYPE.NAME["k"], of a resource or a reference."""

    def __init__(self, text):
        parts = [(match.group(1), (match.group(2) or '').strip('"'))
                 for match in PART.finditer(text)]
        names = [name for name, _ in parts]
        self.path = ()                  # of modules: (name, key)

        while names[:1] == ['module'] and len(names) > 1:
            self.path += (parts[1],)
            names, parts = names[2:], parts[2:]

        if names[:1] == ['data']:
            names, parts = names[1:], parts[1:]

        self.own = '.'.join(names[:2])
        self.key = parts[1][1] if len(parts) > 1 else ''
        self.output = names[0] if names else ''


class References:
    """What a plan leaves unknown, found by its configuration. Where an
    expression stands is told by the path of its module and the key of what has
    it, which is each.key there."""

    def __init__(self, document, resources):
        self.root = as_map(as_map(document.get('configuration'))
                           .get('root_module'))
        self.instances = {}         # path, TYPE.NAME -> {key: resource}
        self.modules = {}           # path -> resources in it

        for resource in resources:
            at = Address(str(resource.get('address', '')))
            self.instances.setdefault((at.path, at.own), {})[at.key] = resource
            self.modules.setdefault(at.path, []).append(resource)

    def of(self, resource, name):
        """The text that `name` of the resource will be, '' if that is not
        known; None if it is not to have one."""

        at = Address(str(resource.get('address', '')))

        for found in as_list(self.module(at.path).get('resources')):
            found = as_map(found)
            expression = as_map(as_map(found.get('expressions')).get(name))

            if str(found.get('address', '')) == at.own and expression:
                return self.text(expression, at.path, at.key, name)

        return None

    def module(self, path):
        module = self.root

        for name, _ in path:
            module = as_map(as_map(as_map(module.get('module_calls')).get(name))
                            .get('module'))

        return module

    def text(self, expression, path, key, name, whole=True, depth=0):
        """A constant counts if it is the whole: in an ARN that is composed
        of several parts it may be the region."""

        constant = expression.get('constant_value')

        if isinstance(constant, str):
            return str(constant) if whole else ''

        listed = [str(of) for of in as_list(expression.get('references'))]

        # what a key is made of other than each.key or count.index is not told
        if any(of.startswith('each.value.') for of in listed):
            key = None

        for reference in listed if depth < MAX_DEPTH else ():
            found = self.one(reference, path, key, name,
                             whole and len(listed) == 1, depth + 1)

            if found:
                return found

        return ''

    def one(self, reference, path, key, name, whole, depth):
        if reference.startswith('var.') and path:
            outer, (call, call_key) = path[:-1], path[-1]
            arguments = as_map(as_map(as_map(
                self.module(outer).get('module_calls')).get(call))
                .get('expressions'))
            argument = as_map(arguments.get(reference.split('.')[1]))

            # each.key is the call's there; a whole map is indexed here
            if any(str(of).startswith(('each.', 'count.'))
                   for of in as_list(argument.get('references'))):
                key = call_key

            return self.text(argument, outer, key, name, whole, depth)

        at = Address(reference)

        if at.path:
            return self.inside(at, path, key, name, whole, depth)

        found = self.choose(self.instances.get((path, at.own), {}), at.key, key)

        return meaning(found) if found else ''

    def choose(self, instances, wanted, key):
        if len(instances) == 1:
            return next(iter(instances.values()))

        return instances.get(wanted or key)

    def inside(self, at, path, key, name, whole, depth):
        """An output of a module; of module.NAME[each.key] only NAME is told,
        and what is meant if there is one of its kind."""

        call, wanted = at.path[0]
        calls = {of[len(path)][1]: of[:len(path) + 1] for of in self.modules
                 if of[:len(path)] == path and of[len(path):][:1]
                 and of[len(path)][0] == call}
        inner = self.choose(calls, wanted, key)

        if inner is None:
            return ''

        if at.output:
            output = as_map(as_map(self.module(inner).get('outputs'))
                            .get(at.output))

            return self.text(as_map(output.get('expression')), inner, '',
                             name, whole, depth)

        found = [resource for resource in self.modules.get(inner, [])
                 if resource.get('type') == TARGETS[name]]

        return meaning(found[0]) if len(found) == 1 else ''


def meaning(resource):
    """What other resources know it by."""

    values = as_map(resource.get('values'))
    kind = str(resource.get('type', ''))

    if kind == 'aws_lambda_function':
        return str(values.get('function_name') or '')

    id = values.get('id')

    return str(id) if isinstance(id, str) else str(resource.get('address', ''))


def function(resource, archives, unknown):
    values = as_map(resource.get('values'))
    path = os.path.normpath(str(values.get('filename') or ''))
    variables = Map((name, value) for name, value in inner(values).items()
                    if value is not None)
    variables.update((name, Unknown(of='it')) for name, value
                     in inner(unknown).items() if truth(value))

    return Function(
        name=str(values.get('function_name') or ''),
        logical=str(resource.get('name', '')), line=resource.line,
        handler=str(values.get('handler') or ''),
        runtime=str(values.get('runtime') or ''),
        code=archives.get(path, ''),
        timeout=seconds(values.get('timeout'), 3.0),
        environment=environment(variables, known),
        image=values.get('package_type') == 'Image')


def inner(values):
    """The variables of its block "environment"."""

    blocks = as_list(values.get('environment'))

    return as_map(as_map(blocks[0] if blocks else None).get('variables'))
