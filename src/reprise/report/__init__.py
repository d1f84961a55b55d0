"""What readers see: the report page and the generated blocks of the README."""
