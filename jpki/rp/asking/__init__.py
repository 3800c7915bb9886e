"""What a relying party asks about very many: how certificates stand, whether evidence still holds."""
