"""Secrets are taken out before anything is stored or matched (spec section Redaction)."""
