"""The admin as a whole: its site, home pages, navigation, search, formats, and pages of the installation itself."""
