"""The parts of `differential.py`: questions for two implementations, and what became of them.

mutations: small wrong steps from something right. questions: cases of the suite, changed. calls:
requests and answers as providers have them, made from parts. pairs: both adapters on their pipes.
freedoms: the differences that the specification allows. shrinking: the smallest question.
"""
