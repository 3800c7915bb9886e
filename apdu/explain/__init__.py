"""One APDU, or one exchange, in a sentence with names: a dissector that hides what is secret or personal."""

from apdu.explain.explainer import Explainer, Explanation, explain, explain_status

__all__ = ["Explainer", "Explanation", "explain", "explain_status"]
