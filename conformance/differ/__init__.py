"""The parts of `differential.py`: questions for two implementations, and what became of them.

mutations: small wrong steps from something right. questions: cases of the suite, changed; pools:
what is put into them. calls: generated calls, from requests, conversations, answers and parts.
pairs: both adapters on their pipes. properties: what holds of one adapter. freedoms: differences
that the specification allows. shrinking: the smallest question.
"""
