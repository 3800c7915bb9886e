"""The platform that the open-source identity provider c-3lab/mynumbercard-idp asks."""
