"""
Questions in words: what a person means, by verified questions alone, and the tool that answers it.

No model of language is used. A question is folded to words of the field and to slots (elements,
times, thresholds), compared with the verified questions of `gridtwin.semantic`, and answered by
one of `gridtwin.tools`; or readings are offered; or it is said plainly that there is no answer.
"""
