-- Where a person is reached beside e-mail: a webhook, and another service by its URL
-- depends: 0019_attention

-- migrate: apply

set local role remit_owner;

alter table remit.persons
add column webhook_url text,
add column webhook_secret text,
add column apprise_url text;
comment on column remit.persons.webhook_secret is 'Signs what is sent there (Standard Webhooks).';

reset role;

-- migrate: rollback
