"""The wire: the messages between page and server, and the page's types generated from them."""
