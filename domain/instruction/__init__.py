"""One instruction, from issuance to completion: commands in, events out, state folded from them."""
