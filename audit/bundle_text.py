"""What a bundle says of itself to whoever opens it, in English and in Russian."""

README = """\
REMIT BUNDLE                                                          (по-русски: ниже)

This archive holds the record of one official instruction, or of one programme with all its
instructions, as the log of Remit has it, and the means to check it without Remit.

To check it, with Python 3.8 or later and nothing else:

    python verify.py                       in the unzipped folder
    python verify.py BUNDLE.zip            on the archive, with a verify.py that you got elsewhere
        --key KEY                          the log's verifier key, obtained elsewhere
        --checkpoint FILE                  a checkpoint of the log, obtained elsewhere

It ends with 0 and the word `proved`, or with 1 and says what is wrong, naming the first bad
position of the log. Take the verify.py, the key and a checkpoint from somewhere other than whoever
gave you the archive: with what is in it alone, the bundle only proves itself consistent.

  events.jsonl    the events, one a line, with the bodies as they are stored and were hashed
  proofs.json     nodes of the log's Merkle tree (RFC 6962) that lead from each event to the root
  checkpoint      the signed root (C2SP tlog-checkpoint, Ed25519)
  key             the verifier key of the log
  report.json     status and lateness, or the figures, at the moment of the checkpoint
  manifest.json   what the bundle consists of, and the last version of each stream
  manifest.note   the signature of the log's key under the manifest, if it was at hand
  openings.json   only if asked for: names, addresses and salts that open the commitments in the log

PERSONS. Without openings.json persons are opaque ids. With it this archive is personal data: pass it
on only to those who may have it. Deleting openings.json harms no proof.

WHAT IT PROVES. Each event is in the signed log at its position, unchanged; the versions of each stream
have no gap; status and figures follow from these events.

WHAT IT DOES NOT PROVE. That newer events of a stream, or a whole instruction of a programme, were not
left out: for that there is the signature in manifest.note, and no proof. That what the events say is
true. That others are shown the same log: compare checkpoints.


АРХИВ REMIT

В архиве запись об одном поручении или об одной программе со всеми её поручениями, как она хранится
в журнале Remit, и всё, чтобы проверить её без Remit.

Для проверки нужен только Python 3.8 или новее:

    python verify.py                       в распакованной папке
    python verify.py BUNDLE.zip            над архивом, программой verify.py из другого источника
        --key КЛЮЧ                         ключ проверки журнала из другого источника
        --checkpoint ФАЙЛ                  контрольная точка журнала из другого источника

Проверка завершается с кодом 0 и словом `proved` (доказано) или с кодом 1 и говорит, что не так, называя
первую испорченную позицию журнала. Возьмите verify.py, ключ и контрольную точку не у того, кто дал вам
архив: сам по себе он доказывает лишь, что не противоречит себе.

  events.jsonl    события, по одному в строке, с телами в том виде, в каком они хранятся и хешированы
  proofs.json     узлы дерева Меркла журнала (RFC 6962), ведущие от каждого события к корню
  checkpoint      подписанный корень (C2SP tlog-checkpoint, Ed25519)
  key             ключ проверки журнала
  report.json     состояние и просрочка или показатели программы на момент контрольной точки
  manifest.json   состав архива и последняя версия каждого потока событий
  manifest.note   подпись ключа журнала под составом, если ключ был под рукой
  openings.json   только по запросу: имена, адреса и соли, по которым сверяются хеши с солью в журнале

ЛЮДИ. Без openings.json люди обозначены условными идентификаторами. С ним архив содержит персональные
данные: передавайте его только тем, кому можно. Удаление openings.json не вредит ни одному доказательству.

ЧТО ДОКАЗАНО. Каждое событие стоит в подписанном журнале на своём месте и не изменено; версии каждого
потока идут без пропусков; состояние и показатели следуют из этих событий.

ЧТО НЕ ДОКАЗАНО. Что не опущены более новые события потока или целое поручение программы: об этом есть
подпись в manifest.note, но не доказательство. Что сказанное в событиях правда. Что другим показывают
тот же журнал: сравните контрольные точки.
"""
