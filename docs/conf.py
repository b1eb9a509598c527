"""How Sphinx makes the site: ``sphinx-build -W docs site``.

Sphinx with MyST and the PyData theme, because JupyterLab, Jupyter Server and JupyterHub are documented with them, and
because Material for MkDocs is no longer supported and its successor is still an alpha version.
"""

from prompter import __version__

project = "Prompter"
author = "The Prompter developers"
copyright = author
release = version = __version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
# What people agree to in the example studies is shown to participants; it is no page of its own.
exclude_patterns = ["studies/*.md", "_build"]
myst_heading_anchors = 4
# An option is written with two hyphens, and what people paste has straight quotes.
smartquotes = False

html_theme = "pydata_sphinx_theme"
html_title = "Prompter"
html_static_path = ["_static"]
html_css_files = ["prompter.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
