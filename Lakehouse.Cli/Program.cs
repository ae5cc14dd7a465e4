Console.WriteLine("lakehouse");
