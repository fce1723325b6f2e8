"""The home pages."""


def home(request, context):
    return context
