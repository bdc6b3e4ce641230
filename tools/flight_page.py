def write_page(outcomes, pages, *, seed): pass
