# Lines of text as lines of an array of C.
s/[\\"]/\\&/g
s/.*/"&",/
