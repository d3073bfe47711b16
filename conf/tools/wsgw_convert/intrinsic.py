"""CloudFormation's functions, as far as a template alone decides them.

A resource's physical id is its logical one, but for functions that have a name:
so what refers to it finds it. What AWS alone knows can be given by a parameter
NAME=VALUE, or RESOURCE.ATTRIBUTE=VALUE.
"""

import re

from .model import REGION, Undecided
from .source import List, Map, Text, as_list, as_map, clean, line_of, text, \
    truth

MAX_DEPTH = 60
MAX_TEXT = 1 << 20
SUB = re.compile(r'\$\{(!?)\s*([^}]*?)\s*\}')
NO_VALUE = object()

APIS = ('AWS::ApiGatewayV2::Api', 'AWS::Serverless::WebSocketApi')
FUNCTIONS = ('AWS::Lambda::Function', 'AWS::Serverless::Function')

# of each, what is a name of a function as well

ALIASES = ('AWS::Lambda::Alias', 'AWS::Lambda::Version')
ARNS = {kind: ('Arn', 'Alias', 'Version') for kind in FUNCTIONS}
ARNS['AWS::Lambda::Alias'] = ('AliasArn',)
ARNS['AWS::Lambda::Version'] = ('FunctionArn',)


class Scope:
    def __init__(self, template, given):
        self.given = given
        self.parameters = as_map(template.get('Parameters'))
        self.mappings = as_map(template.get('Mappings'))
        self.conditions = as_map(template.get('Conditions'))
        self.resources = as_map(template.get('Resources'))
        self.depth = 0

        self.region = given.get('AWS::Region', REGION)
        self.account = given.get('AWS::AccountId', '000000000000')
        self.pseudo = {
            'AWS::Region': self.region,
            'AWS::AccountId': self.account,
            'AWS::Partition': 'aws',
            'AWS::URLSuffix': 'amazonaws.com',
            'AWS::StackName': given.get('AWS::StackName', 'stack'),
            'AWS::StackId': 'stack',
            'AWS::NotificationARNs': '',
        }

    def resolve(self, node):
        value = self.value(node)
        return None if value is NO_VALUE else value

    def value(self, node):
        self.depth += 1

        try:
            if self.depth > MAX_DEPTH:
                raise Undecided(line_of(node), 'leads back to itself')

            return self.any(node)
        finally:
            self.depth -= 1

    def any(self, node):
        if isinstance(node, Map):
            if len(node) == 1:
                name = next(iter(node))

                if name == 'Ref' or name.startswith('Fn::') \
                        or name == 'Condition' and isinstance(node[name], str):
                    return self.call(name, node[name], line_of(node))

            made = Map()
            made.line = node.line

            for key, member in node.items():
                value = self.value(member)

                if value is not NO_VALUE:
                    made[key] = value

            return made

        if isinstance(node, List):
            made = List(value for value in map(self.value, node)
                        if value is not NO_VALUE)
            made.line = node.line
            return made

        if isinstance(node, str) and '{{resolve:' in node:
            raise Undecided(line_of(node), f'"{clean(node)}" is kept by AWS',
                            'write its value into the template')

        return node

    def call(self, name, node, line):
        short = 'Ref' if name == 'Ref' else name.replace('Fn::', '')
        method = getattr(self, 'fn_' + short.lower(), None)

        if method is None:
            raise Undecided(line, f'"{clean(name)}" cannot be decided here',
                            'write its value into the template')

        value = method(node, line)

        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                raise Undecided(line, f'"{clean(name)}" makes too long a text')
            return text(value, line)

        return value

    def string(self, node, line):
        value = self.value(node)

        if not isinstance(value, str):
            raise Undecided(line, 'a text is wanted here')

        return value

    # --- references

    def exists(self, name):
        resource = self.resources.get(name)

        if not isinstance(resource, Map):
            return False

        condition = resource.get('Condition')

        return condition is None or self.condition(condition,
                                                   line_of(resource))

    def fn_ref(self, node, line):
        name = self.string(node, line)

        if name == 'AWS::NoValue':
            return NO_VALUE

        if name in self.given:
            return self.given[name]

        if name in self.parameters:
            return self.parameter(name, line)

        if name in self.pseudo:
            return self.pseudo[name]

        base = name.split('.')[0]

        if self.exists(name) or '.' in name and self.exists(base):
            return self.physical(base, line)

        raise Undecided(line, f'Ref "{clean(name)}": there is no such parameter '
                              'or resource')

    def parameter(self, name, line):
        parameter = as_map(self.parameters[name])
        kind = str(parameter.get('Type', ''))
        default = parameter.get('Default')

        if isinstance(default, str) and not kind.startswith('AWS::SSM'):
            return self.value(default)

        why = 'is kept by AWS' if kind.startswith('AWS::SSM') \
              else 'has no default'

        raise Undecided(line, f'parameter "{clean(name)}" {why}',
                        f'say --parameter {clean(name)}=VALUE')

    def physical(self, name, line):
        resource = as_map(self.resources.get(name))
        props = as_map(resource.get('Properties'))
        kind = str(resource.get('Type', ''))

        if kind in FUNCTIONS and 'FunctionName' in props:
            try:
                return self.string(props['FunctionName'], line)
            except Undecided:
                return name

        if kind in ALIASES:
            return self.string(props.get('FunctionName'), line)

        return name

    def fn_getatt(self, node, line):
        if isinstance(node, str):
            name, _, attribute = node.partition('.')
        else:
            parts = [self.string(part, line) for part in as_list(node)]
            name, attribute = parts[0] if parts else '', '.'.join(parts[1:])

        if f'{name}.{attribute}' in self.given:
            return self.given[f'{name}.{attribute}']

        if not self.exists(name):
            raise Undecided(line, f'GetAtt "{clean(name)}": there is no such '
                                  'resource')

        kind = str(self.resources[name].get('Type', ''))

        if attribute in ARNS.get(kind, ()):
            function = self.physical(name, line)
            return function if ':' in function else \
                f'arn:aws:lambda:{self.region}:{self.account}:function:' \
                + function

        if kind in APIS and attribute == 'ApiEndpoint':
            return f'wss://{name}.execute-api.{self.region}.amazonaws.com'

        if attribute.endswith('Id') or attribute == 'Ref':
            return name

        raise Undecided(line, f'"{clean(name)}.{clean(attribute)}" is known to '
                              'AWS alone',
                        f'say --parameter {clean(name)}.{clean(attribute)}'
                        '=VALUE')

    def fn_importvalue(self, node, line):
        name = self.string(node, line)

        if name in self.given:
            return self.given[name]

        raise Undecided(line, f'"{clean(name)}" is exported by another stack',
                        f'say --parameter {clean(name)}=VALUE')

    # --- texts

    def fn_sub(self, node, line):
        names = Map()

        if isinstance(node, List):
            names = as_map(node[1]) if len(node) > 1 else names
            node = node[0] if node else ''

        def one(match):
            literal, name = match.groups()

            if literal:
                return '${' + name + '}'

            if name in names:
                return self.string(names[name], line)

            if '.' in name and name not in self.given:
                return self.fn_getatt(Text(name), line)

            value = self.fn_ref(Text(name), line)

            if not isinstance(value, str):
                raise Undecided(line, f'"{clean(name)}" is no text')

            return value

        return SUB.sub(one, self.string(node, line))

    def fn_join(self, node, line):
        node = as_list(node)

        if len(node) != 2:
            raise Undecided(line, 'Fn::Join wants a separator and a list')

        parts = [self.string(part, line) for part in self.items(node[1], line)]

        return self.string(node[0], line).join(parts)

    def items(self, node, line):
        value = self.value(node)

        if isinstance(value, str) and isinstance(node, Map):
            # a parameter that is a list
            value = List(text(part.strip(), line) for part in value.split(','))

        if not isinstance(value, List):
            raise Undecided(line, 'a list is wanted here')

        return value

    def fn_split(self, node, line):
        node = as_list(node)

        if len(node) != 2 or not self.string(node[0], line):
            raise Undecided(line, 'Fn::Split wants a separator and a text')

        return List(text(part, line) for part in
                    self.string(node[1], line).split(self.string(node[0],
                                                                 line)))

    def fn_select(self, node, line):
        node = as_list(node)

        try:
            index = int(self.string(node[0], line))
            return self.items(node[1], line)[index]
        except (IndexError, ValueError):
            raise Undecided(line, 'Fn::Select finds nothing') from None

    def fn_findinmap(self, node, line):
        node = as_list(node)
        keys = [self.string(key, line) for key in node[:3]]
        default = as_map(node[3] if len(node) > 3 else None)
        found = self.mappings

        for key in keys:
            found = found.get(key) if isinstance(found, Map) else None

        if found is None:
            found = default.get('DefaultValue')

        if found is None or len(keys) < 3:
            raise Undecided(line, 'Fn::FindInMap finds nothing')

        return self.value(found)

    # --- conditions

    def fn_if(self, node, line):
        node = as_list(node)

        if len(node) != 3:
            raise Undecided(line, 'Fn::If wants a condition and two values')

        return self.value(node[1] if self.condition(node[0], line)
                          else node[2])

    def condition(self, name, line):
        if not isinstance(name, str) or name not in self.conditions:
            raise Undecided(line, f'there is no condition "{clean(name)}"')

        return truth(self.value(self.conditions[name]))

    def fn_condition(self, node, line):
        return str(self.condition(node, line)).lower()

    def fn_equals(self, node, line):
        node = as_list(node)

        if len(node) != 2:
            raise Undecided(line, 'Fn::Equals wants two values')

        return str(self.value(node[0]) == self.value(node[1])).lower()

    def fn_not(self, node, line):
        return str(not all(truth(self.value(part))
                           for part in as_list(node))).lower()

    def fn_and(self, node, line):
        return str(all(truth(self.value(part))
                       for part in as_list(node))).lower()

    def fn_or(self, node, line):
        return str(any(truth(self.value(part))
                       for part in as_list(node))).lower()
