"""The pages of those who describe, check, provide and ask for data: directories, mounts, sharing, demands, tickets."""

from console.steward import (
    demands,
    directories,
    directory_list,
    drafts,
    grants,
    imports,
    mounts,
    objections,
    quality,
    requests,
    reviews,
    tickets,
)

BLUEPRINTS = (
    *directories.BLUEPRINTS,
    *directory_list.BLUEPRINTS,
    *drafts.BLUEPRINTS,
    *reviews.BLUEPRINTS,
    *imports.BLUEPRINTS,
    *mounts.BLUEPRINTS,
    *requests.BLUEPRINTS,
    *grants.BLUEPRINTS,
    *demands.BLUEPRINTS,
    *objections.BLUEPRINTS,
    *tickets.BLUEPRINTS,
    *quality.BLUEPRINTS,
)
