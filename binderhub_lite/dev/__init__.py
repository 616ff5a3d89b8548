"""`make dev`: the pages, with neither Docker nor a hub, for those who work on them."""
