"""Tools of the workshop: reference pages, vendored files, pictures. Nothing here is part of the product."""
