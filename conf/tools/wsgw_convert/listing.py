"""The answers of `aws apigatewayv2 get-apis`, `get-routes`,
`get-integrations`, `get-stages`, `get-authorizers` .., in one file or several.
"""

from .model import Record, Source, region_of
from .source import Map, as_list, line_of

# which an item is, by a member that only this kind has

MARKS = (
    ('RouteResponse', 'RouteResponseId'),
    ('IntegrationResponse', 'IntegrationResponseId'),
    ('Route', 'RouteKey'),
    ('Authorizer', 'AuthorizerType'),
    ('Integration', 'IntegrationId'),
    ('Stage', 'StageName'),
    ('Api', 'ProtocolType'),
    ('ApiMapping', 'ApiMappingId'),
)

IDS = {'Api': 'ApiId', 'Route': 'RouteId', 'Integration': 'IntegrationId',
       'Authorizer': 'AuthorizerId', 'Stage': 'StageName'}


def items(document):
    if not isinstance(document, Map):
        return []

    if 'Items' in document:
        return [item for item in as_list(document['Items'])
                if isinstance(item, Map)]

    # get-api, get-route: the thing itself

    return [document] if kind_of(document) else []


def is_listing(document):
    if not isinstance(document, Map):
        return False

    if 'Items' in document:
        return not items(document) or any(map(kind_of, items(document)))

    return kind_of(document) is not None


def kind_of(item):
    for kind, mark in MARKS:
        if mark in item:
            return kind

    return None


def read(documents, findings):
    source = Source("the CLI's listings", region=region_of(
        item.get('ApiEndpoint') for document in documents
        for item in items(document)))
    unread = {}                     # of a kind, the last page's NextToken

    for document in documents:
        for item in items(document):
            kind = kind_of(item)

            if kind is None:
                continue

            id = item.get(IDS.get(kind, ''))
            source.records.append(Record(kind, id or '', item, item.line))
            unread[kind] = document.get('NextToken')

    for kind, token in unread.items():
        if token:
            findings.refuse(line_of(token), f'list of {kind}s',
                            'has a NextToken: there are more',
                            'the other pages as well, or the list without '
                            '--max-items and --no-paginate')
            source.incomplete = True

    return source
