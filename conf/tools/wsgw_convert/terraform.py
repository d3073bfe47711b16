"""What `terraform show -json` prints, of a state or of a plan.

A state has every id. In a plan the ids of what is not there yet are unknown:
what refers to them is found in the configuration, and the address of a
resource stands for its id.
"""

import re

from .model import Function, Record, Source
from .source import List, Map, as_list, as_map, clean, text

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

# of references in a plan, what they mean once they are known

REFERENCES = ('api_id', 'target', 'integration_id', 'route_id',
              'authorizer_id', 'integration_uri', 'authorizer_uri')
MAX_DEPTH = 20


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

    for resource in resources:
        kind = str(resource.get('type', ''))

        if str(resource.get('mode', 'managed')) != 'managed':
            continue

        if kind in KINDS:
            add(source, KINDS[kind], resource, references)
        elif kind == 'aws_lambda_function':
            source.functions.append(function(resource))

    return source


def modules(module, depth=0):
    for resource in as_list(module.get('resources')):
        if isinstance(resource, Map):
            yield resource

    if depth < MAX_DEPTH:
        for child in as_list(module.get('child_modules')):
            yield from modules(as_map(child), depth + 1)


def add(source, kind, resource, references):
    values = Map(as_map(resource.get('values')))
    address = str(resource.get('address', ''))
    props = Map()

    for name in REFERENCES:
        if not isinstance(values.get(name), str):
            found = references.of(resource, name)

            if found:
                values[text(name, resource.line)] = text(found, resource.line)

    for name, value in values.items():
        props[text(pascal(kind, name), name.line)] = block(value)

    id = values.get('id')
    name = f'{kind} "{clean(address)}"'

    source.records.append(Record(kind, id if isinstance(id, str) else address,
                                 props, resource.line, name=name))


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


class References:
    def __init__(self, document, resources):
        root = as_map(as_map(document.get('configuration')).get('root_module'))
        self.root = root
        self.instances = {}         # address without an index -> resources

        for resource in resources:
            address = bare(str(resource.get('address', '')))
            self.instances.setdefault(address, []).append(resource)

    def of(self, resource, name):
        """The text that `name` of the resource will be, or ''."""

        address = str(resource.get('address', ''))
        prefix, own = split_module(bare(address))
        module = self.module(prefix)

        for found in as_list(module.get('resources')):
            if str(as_map(found).get('address', '')) == own:
                expression = as_map(as_map(as_map(found).get('expressions'))
                                    .get(name))
                return self.text(expression, prefix, index(address), name, 0)

        return ''

    def module(self, prefix):
        module = self.root

        for call in re.findall(r'module\.([^.]+)', prefix):
            module = as_map(as_map(as_map(module.get('module_calls')).get(call))
                            .get('module'))

        return module

    def text(self, expression, prefix, key, name, depth):
        constant = expression.get('constant_value')

        if isinstance(constant, str):
            return str(constant)

        if depth > MAX_DEPTH:
            return ''

        for reference in as_list(expression.get('references')):
            found = self.one(str(reference), prefix, key, name, depth)

            if found:
                return found

        return ''

    def one(self, reference, prefix, key, name, depth):
        if reference.startswith('var.'):
            outer, _, call = prefix.rpartition('module.')
            outer = outer.rstrip('.')
            arguments = as_map(as_map(as_map(
                self.module(outer).get('module_calls')).get(call))
                .get('expressions'))
            argument = as_map(arguments.get(reference.split('.')[1]))

            return self.text(argument, outer, key, name, depth + 1)

        if reference.startswith('module.'):
            parts = reference.split('.')

            if len(parts) < 3:
                return ''

            inner = f'{prefix}.module.{bare(parts[1])}'.lstrip('.')
            output = as_map(as_map(self.module(inner).get('outputs'))
                            .get(parts[2]))

            return self.text(as_map(output.get('expression')), inner, key,
                             name, depth + 1)

        resource = self.resource(reference, prefix, key)

        if resource is None:
            return ''

        return meaning(resource)

    def resource(self, reference, prefix, key):
        match = re.match(r'(aws_\w+\.[\w-]+)', reference)

        if not match:
            return None

        address = f'{prefix}.{match.group(1)}'.lstrip('.')
        found = self.instances.get(address, [])
        wanted = index(reference) or key

        for resource in found:
            if index(str(resource.get('address', ''))) == wanted:
                return resource

        return found[0] if len(found) == 1 else None


def meaning(resource):
    """What other resources know it by."""

    values = as_map(resource.get('values'))
    kind = str(resource.get('type', ''))

    if kind == 'aws_lambda_function':
        return str(values.get('function_name') or '')

    id = values.get('id')

    return str(id) if isinstance(id, str) else str(resource.get('address', ''))


def bare(address):
    return re.sub(r'\[[^\]]*\]', '', address)


def index(address):
    match = re.search(r'\[([^\]]*)\]', address.rpartition('.')[2]) \
        or re.search(r'\[([^\]]*)\]', address)

    return match.group(1).strip('"') if match else ''


def split_module(address):
    """module.a.module.b.TYPE.NAME -> module.a.module.b, TYPE.NAME"""

    match = re.match(r'((?:module\.[^.]+\.)*)(.*)\Z', address, re.S)

    return match.group(1).rstrip('.'), match.group(2)


def function(resource):
    values = as_map(resource.get('values'))
    blocks = as_list(values.get('environment'))
    variables = as_map(as_map(blocks[0] if blocks else None).get('variables'))

    return Function(
        name=str(values.get('function_name') or ''),
        logical=str(resource.get('name', '')), line=resource.line,
        handler=str(values.get('handler') or ''),
        runtime=str(values.get('runtime') or ''),
        environment={str(key): str(value) if isinstance(value, str) else None
                     for key, value in variables.items()},
        image=values.get('package_type') == 'Image')
