"""Prompter: records how people work in notebooks and asks, at a good moment, what a cell is for."""

__version__ = "0.1.0"
