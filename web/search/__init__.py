"""Who is where: a grid that finds the clients in a box or near a place, kept while somebody asks."""
