"""The gateways by which texts of telephones come and go; each speaks one program's or firm's rules."""
