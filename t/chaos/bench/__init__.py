"""What the programs of the chaos bench share."""
