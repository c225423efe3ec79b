-- What M-Pesa was asked and has told, where its API cannot be asked again.

-- name: begun_payment
select currency, amount, created_at from payment where id = $1;

-- name: doubts
-- Why a payment that M-Pesa calls paid is not believed; $2: its receipt, $3: what M-Pesa calls it.
select exists (select from webhook_event where payment_id = $1 and kind = 'stk.other_amount') as other_amount,
       exists (select from payment
               where provider = 'mpesa' and id <> $1 and (provider_receipt = $2 or provider_reference = $3)) as other_payment;

-- name: receipt_is_sure
-- Nobody has told another one.
select not exists (select from webhook_event where payment_id = $1 and receipt <> $2);

-- name: take_transfer
-- True for whoever sends it now, which is from then on taken for sent.
insert into mpesa_transfer (id, way, currency, amount, conversation, sent_at) values ($1, $2, $3, $4, $5, $6)
on conflict (id) do update set way = excluded.way, conversation = excluded.conversation, sent_at = excluded.sent_at
where mpesa_transfer.sent_at is null
returning true;

-- name: transfer_stayed
update mpesa_transfer set sent_at = null where id = $1;

-- name: take_absent_transfer
-- True for whoever sends it again: that M-Pesa has none is good for once.
update mpesa_transfer set answer = null, sent_at = $2 where id = $1 and answer = 'absent' returning true;

-- name: find_transfer
select * from mpesa_transfer where id = $1;

-- name: name_transfer
update mpesa_transfer set conversation = coalesce(conversation, $2) where id = $1;

-- name: keep_result
update mpesa_transfer set result = $2, conversation = coalesce(conversation, $3) where id = $1;

-- name: keep_answer
-- What is done or has failed stays so.
update mpesa_transfer set answer = $2, status = $3, receipt = $4
where id = $1 and (answer is null or answer = 'absent');
