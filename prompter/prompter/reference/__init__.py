"""The reference of the documentation, made from the program itself: ``python -m prompter.reference``.

Each module makes one page of ``docs/reference``: ``events`` from the catalogue, ``settings`` from Jupyter's
configuration and the environment, ``commands`` from the command line, ``endpoints`` from the server extension.
"""
