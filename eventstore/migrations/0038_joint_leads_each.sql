-- Which of joint leads have yet to take note, and which to report: each finds what waits for itself
-- depends: 0037_words

-- migrate: apply

set local role remit_projector;

-- The checkpoint is locked first, as the projector does. Both are empty where one body answers alone, and where it is over; where
-- there is something else, or the register does not know, all rows are made again from the log.
do $$
begin
    perform from remit.checkpoints where projection = 'attention' for update;
    if exists (select from readmodel.register where joint_leads is not null and not closed)
        or exists (
            select from remit.checkpoints a left join remit.checkpoints r on r.projection = 'register' and r.epoch = a.epoch
            where a.projection = 'attention' and coalesce(r.position, 0) < a.position
        )
    then
        delete from remit.checkpoints where projection = 'attention';
        truncate readmodel.attention;
    end if;
end;
$$;
alter table readmodel.attention add column to_note text collate "C", add column to_report text collate "C";
comment on column readmodel.attention.to_note is 'Bodies, with a space between.';

reset role;

-- migrate: rollback
