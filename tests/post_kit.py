"""People some of whom can only be told by letter."""

POSTAL = (
    b"name,email,language,street,postcode,city\n"
    b"Ann,ann@example.org,en,,,\n"
    b"=Bob,,de,Example street 1,10115,Berlin\n"
    b"Cleo,,en,Example street 2,10115,Berlin\n"
)
