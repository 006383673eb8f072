"""How the documentation is built: Sphinx with MyST, shibuya's look, no network."""

project = "Yinxin 印信"
author = "The Yinxin maintainers"
copyright = "2026, the Yinxin maintainers"  # noqa: A001 - Sphinx reads this name
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "shibuya"
html_title = "Yinxin 印信"
html_show_sourcelink = False
language = "en"
exclude_patterns = ["_build"]
nitpicky = True
