"""What each event that people are told of says: a module for each language, total over all of them."""
