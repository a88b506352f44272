"""A programme's digest: composed from read models and the log (compose.py), written as text, Markdown and HTML
(pages.py, in the words of wording.py), and as the letter that goes out weekly (letter.py).

Below activities, which send it, and below the command line, which shows it.
"""
