"""Missing entries (缺证反馈): the holder has the certificate, the library does not; never a dead end."""
