"""Where is it? Search over everything that the searcher may see."""
