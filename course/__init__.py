"""The lessons, one bilingual source each, and the builder that makes notebooks of them."""
