"""Data delivered directly to towns and counties (数据直达): each gets the rows of its own region, and no other's."""
