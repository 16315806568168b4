"""Every visible word of the interface, one module a place; gan.ui.page.i18n puts them together."""
