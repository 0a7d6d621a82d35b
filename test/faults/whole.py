"""What is wrong with SQLite databases, as a program that may only read them finds it: a line for each, none when all is
well.

Usage: whole.py DATABASE...
"""
import pathlib, sqlite3, sys

for name in sys.argv[1:]:
    try:
        connection = sqlite3.connect(pathlib.Path(name).as_uri() + '?mode=ro', uri=True, timeout=1)
        for pragma, well in (('integrity_check', [('ok',)]), ('foreign_key_check', [])):
            found = connection.execute('PRAGMA ' + pragma).fetchall()
            if found != well:
                print(name, pragma, found[:5])
        connection.close()
    except sqlite3.Error as error:
        print(name, error)
