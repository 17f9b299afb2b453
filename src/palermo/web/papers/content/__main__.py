"""Look at one file; see `apart`."""

import sys

from palermo.web.papers.content.limited import main

sys.exit(main())
