"""Who comes in over HTTP, and how it is known.

`authenticating` looks at a request: an API token, a token of the issuer (`issuer`), or a session's cookie (`cookies`), which
asks for proof that a change was meant (`csrf`). `sign_in` makes sessions, by OpenID Connect's code flow (`code_flow`). `entrance` puts them together.
`development_issuer` stands in for an organisation's issuer on one machine.
"""
